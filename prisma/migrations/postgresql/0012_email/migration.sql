-- AlterTable
ALTER TABLE "OneTimeToken" ADD COLUMN     "codeHash" TEXT,
ADD COLUMN     "email" TEXT;
