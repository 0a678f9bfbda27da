import type { Result } from './measure.ts';
import type { Section } from './report.ts';

const WIDTH = 720;
const LABEL = 190;
const VALUE = 110;
const ROW = 22;
const BAR = 14;
const HEAD = 34;
const OURS = '#2563eb';
const OTHERS = '#9ca3af';

/** The ratios of every job that has some, as bars of an SVG image; a thin line spans least to most. */
export function renderChart(sections: readonly Section[]): string {
  const parts: string[] = [];
  let top = 8;
  for (const { title, results = [] } of sections) {
    if (results.length === 0) continue;
    parts.push(text(0, top + 20, title, 'font-weight="600" font-size="14"'));
    top += HEAD;
    const most = Math.max(...results.map(({ ratio }) => ratio.max));
    for (const result of results) {
      parts.push(renderBar(result, top, (WIDTH - LABEL - VALUE) / most));
      top += ROW;
    }
    top += 10;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" ` +
      'font-family="system-ui, sans-serif" font-size="12">',
    `<rect width="${WIDTH}" height="${top}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function renderBar({ name, rate, ratio }: Result, top: number, scale: number): string {
  const [width, least, most] = [ratio.median, ratio.min, ratio.max].map((part) => part * scale) as [
    number,
    number,
    number,
  ];
  const fill = name.startsWith('vestibule') ? OURS : OTHERS;
  const middle = top + ROW / 2;
  return [
    text(LABEL - 8, middle + 4, name, 'text-anchor="end"'),
    `<rect x="${LABEL}" y="${middle - BAR / 2}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${fill}"/>`,
    `<path d="M${(LABEL + least).toFixed(1)} ${middle}H${(LABEL + most).toFixed(1)}" stroke="#111827"/>`,
    text(LABEL + most + 8, middle + 4, `${ratio.median.toFixed(2)} · ${rate.toFixed(0)}/s`),
  ].join('\n');
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="#111827" ${attributes}>${escaped}</text>`;
}
