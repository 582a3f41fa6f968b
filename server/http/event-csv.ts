/**
 * Events as lines of CSV (RFC 4180). What people and hosts wrote stands in them, so no cell may become a formula in
 * a spreadsheet (OWASP, CSV injection). Pure.
 */
import type { HostEvent } from '#lib/protocol/host.ts';

/** With it Excel reads the file as UTF-8; what reads UTF-8 anyway skips it. */
const BYTE_ORDER_MARK = '\ufeff';
export const CSV_HEADER = `${BYTE_ORDER_MARK}at,host,hostId,kind,reason,by\r\n`;

/** Also the full-width forms, which spreadsheets of East Asia take as well, and behind spaces, which some cut off. */
const FORMULA = /^[\p{White_Space}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

export function csvLine({ at, host, hostId, kind, reason, by }: HostEvent): string {
  const cells = [new Date(at).toISOString(), host, hostId, kind, reason ?? '', by ?? ''];
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** Always in quotes: then nothing in it can end the cell or the line. */
export function csvCell(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
