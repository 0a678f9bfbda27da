ALTER TABLE "SigningKey" ADD COLUMN "activeFrom" DATETIME;
ALTER TABLE "SigningKey" ADD COLUMN "retiredAt" DATETIME;

-- Whatever was made so far signed from the start.
UPDATE "SigningKey" SET "activeFrom" = "createdAt";
