/** One thing that was looked at. Only a fault has to be mended. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'fault';
  readonly says: string;
}

export const ok = (says: string): Finding => ({ level: 'ok', says });
export const warning = (says: string): Finding => ({ level: 'warning', says });
export const fault = (says: string): Finding => ({ level: 'fault', says });
