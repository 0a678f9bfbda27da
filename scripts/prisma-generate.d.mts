/** The PostgreSQL twin of the schema: another provider and folder, and no second set of Pothos types. */
export function postgresqlSchema(schema: string): string;
