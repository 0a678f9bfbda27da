/** How long others may keep the published keys without asking again. */
export const JWKS_MAX_AGE_SECONDS = 300;
