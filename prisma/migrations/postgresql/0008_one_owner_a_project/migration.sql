-- CreateIndex
CREATE UNIQUE INDEX "ProjectMembership_owner_key" ON "ProjectMembership"("projectId") WHERE ("role" = 'OWNER');

-- CreateIndex
CREATE INDEX "ProjectMembership_projectId_createdAt_idx" ON "ProjectMembership"("projectId", "createdAt");
