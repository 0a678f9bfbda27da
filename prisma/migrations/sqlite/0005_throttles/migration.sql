-- CreateTable
CREATE TABLE "Throttle" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "kind" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "nextAt" BIGINT NOT NULL,
    "forgetAt" BIGINT NOT NULL,
    "trusted" BOOLEAN NOT NULL DEFAULT false
);

-- CreateIndex
CREATE INDEX "Throttle_forgetAt_idx" ON "Throttle"("forgetAt");
