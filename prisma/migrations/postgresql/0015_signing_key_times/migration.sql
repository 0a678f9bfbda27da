ALTER TABLE "SigningKey" ADD COLUMN "activeFrom" TIMESTAMP(3);
ALTER TABLE "SigningKey" ADD COLUMN "retiredAt" TIMESTAMP(3);

-- Whatever was made so far signed from the start.
UPDATE "SigningKey" SET "activeFrom" = "createdAt";
