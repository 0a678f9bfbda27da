-- Whoever changes who may do what, every process hears of it with the commit. Prisma's schema does not
-- know triggers; src/access/changes.ts listens to them.

CREATE FUNCTION "vestibule_session_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('vestibule_changes', 'session:' || OLD."userId" || ':' || OLD."id");
  RETURN NULL;
END
$$;

CREATE FUNCTION "vestibule_user_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('vestibule_changes', 'user:' || OLD."id");
  RETURN NULL;
END
$$;

CREATE FUNCTION "vestibule_membership_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('vestibule_changes', 'user:' || COALESCE(NEW."userId", OLD."userId"));
  RETURN NULL;
END
$$;

CREATE TRIGGER "Session_ended" AFTER UPDATE OF "revokedAt", "expiresAt" OR DELETE ON "Session"
  FOR EACH ROW EXECUTE FUNCTION "vestibule_session_changed"();

CREATE TRIGGER "User_changed" AFTER UPDATE OR DELETE ON "User"
  FOR EACH ROW EXECUTE FUNCTION "vestibule_user_changed"();

CREATE TRIGGER "TenantMembership_changed" AFTER INSERT OR UPDATE OR DELETE ON "TenantMembership"
  FOR EACH ROW EXECUTE FUNCTION "vestibule_membership_changed"();

CREATE TRIGGER "ProjectMembership_changed" AFTER INSERT OR UPDATE OR DELETE ON "ProjectMembership"
  FOR EACH ROW EXECUTE FUNCTION "vestibule_membership_changed"();
