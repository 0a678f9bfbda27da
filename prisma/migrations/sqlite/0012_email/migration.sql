-- AlterTable
ALTER TABLE "OneTimeToken" ADD COLUMN "codeHash" TEXT;
ALTER TABLE "OneTimeToken" ADD COLUMN "email" TEXT;
