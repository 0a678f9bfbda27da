/** Something that what is remembered of sessions and users must not outlive. */
export type ChangeMessage =
  | { readonly kind: 'session'; readonly sessionId: string; readonly userId: string }
  | { readonly kind: 'user'; readonly userId: string }
  /** Authentication was turned on or off, or the first user was made. */
  | { readonly kind: 'auth' }
  /** Changes may have been missed: nothing that is remembered counts. */
  | { readonly kind: 'gap' };

/**
 * Tells this process at once what any process changed. On PostgreSQL triggers notify with the commit, so
 * whoever changes a row is heard, a person at psql too; the process that changes it also says so itself.
 */
export interface Changes {
  readonly publish: (message: ChangeMessage) => void;
  /** Answers how to stop. */
  readonly subscribe: (listener: (message: ChangeMessage) => void) => () => void;
  /** Whether the changes of other processes arrive here at this moment. */
  readonly hearsOthers: () => boolean;
  readonly close: () => Promise<void>;
}
