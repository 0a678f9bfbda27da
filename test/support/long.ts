/** Whether tests that take minutes run too, and others take more rounds: `npm run test:all`. */
export const TEST_LONG = Boolean(process.env['TEST_LONG']);
