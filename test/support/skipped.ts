/** Says once what this machine leaves out of the run. */
export default function sayWhatIsSkipped(): void {
  if (process.env['TEST_POSTGRES_URL'] === undefined) {
    process.stdout.write(
      '\nSkipped: everything on PostgreSQL. Set TEST_POSTGRES_URL to a server where databases may be made.\n',
    );
  }
}
