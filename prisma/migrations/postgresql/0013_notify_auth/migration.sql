-- Whoever turns authentication on or off, every process hears of it with the commit, as of the changes
-- of 0002. Taking the row without changing it (features/setup/store.ts) tells nobody.

CREATE FUNCTION "vestibule_auth_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('vestibule_changes', 'auth');
  RETURN NULL;
END
$$;

CREATE TRIGGER "Setting_auth_written" AFTER INSERT ON "Setting"
  FOR EACH ROW WHEN (NEW."key" = 'auth') EXECUTE FUNCTION "vestibule_auth_changed"();

CREATE TRIGGER "Setting_auth_changed" AFTER UPDATE ON "Setting"
  FOR EACH ROW WHEN (NEW."key" = 'auth' AND NEW."value" IS DISTINCT FROM OLD."value")
  EXECUTE FUNCTION "vestibule_auth_changed"();

CREATE TRIGGER "Setting_auth_deleted" AFTER DELETE ON "Setting"
  FOR EACH ROW WHEN (OLD."key" = 'auth') EXECUTE FUNCTION "vestibule_auth_changed"();
