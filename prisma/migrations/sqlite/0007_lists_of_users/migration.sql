-- AlterTable
ALTER TABLE "User" ADD COLUMN "nameKey" TEXT NOT NULL DEFAULT '';
UPDATE "User" SET "nameKey" = lower("name");

-- DropIndex
DROP INDEX "User_lastLoginAt_id_idx";

-- CreateIndex
CREATE INDEX "User_admin_idx" ON "User"("handleKey") WHERE "systemRole" = 'ADMIN';

-- CreateIndex
CREATE INDEX "User_disabled_idx" ON "User"("handleKey") WHERE "disabled";

-- By hand: one order for those who signed in and those who never did. A migration that rebuilds the
-- table has to make it again.
CREATE INDEX "User_lastLoginAt_or_never_idx" ON "User"(coalesce("lastLoginAt", 0), "id");
