import QRCode from 'qrcode';

/** A QR code of a text, as the `data:` address of a PNG. */
export function qrCodePng(text: string): Promise<string> {
  return QRCode.toDataURL(text);
}
