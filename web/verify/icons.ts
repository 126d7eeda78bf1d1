import { svg } from './element.ts';

/** Told apart by shape alone: a tick in a ring, a bar in an octagon, a gap in a dashed ring, and so on. */
export type IconName = 'yes' | 'no' | 'absent' | 'wait' | 'cloud' | 'wrench' | 'paper' | 'gap';

const RING = 'M12 2.5a9.5 9.5 0 1 1 0 19 9.5 9.5 0 0 1 0-19Z';
const SHAPES: Readonly<Record<IconName, readonly string[]>> = {
  yes: [RING, 'm7.5 12.4 3 3 6-6.6'],
  no: ['M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8Z', 'm8.5 8.5 7 7m0-7-7 7'],
  absent: [
    'M9 3a9.4 9.4 0 0 1 6 0M19.4 6.2a9.4 9.4 0 0 1 1.9 5M20.3 16.6a9.4 9.4 0 0 1-3.8 3.8M12.6 21.5a9.4 9.4 0 0 1-5-1.1M3.7 16.6a9.4 9.4 0 0 1-.9-6.2M4.2 7.2 6 5.2',
    'M8.5 12h7',
  ],
  wait: [RING, 'M12 7v5.2l3.4 2'],
  gap: ['M12 3 22 20.5H2Z', 'M12 9.5v5m0 2.6v.2'],
  cloud: ['M7 18.5a4.5 4.5 0 0 1-.4-9 6 6 0 0 1 11.4 1.3 3.9 3.9 0 0 1-.8 7.7Z', 'M12 11v3m0 2v.2'],
  wrench: [
    'M14.5 6.5a4.5 4.5 0 0 1 5.6-3L17 6.6l.4 2 2 .4 3-3.1a4.5 4.5 0 0 1-6 5.6L7 21l-3.5-3.5Z',
  ],
  paper: ['M6 2.5h8.5L19 7v14.5H6Z', 'M14 2.5V7.5h5M9 12h7M9 16h7'],
};

export function icon(name: IconName): SVGSVGElement {
  const paths = SHAPES[name].map((d) => svg('path', { d }));
  return svg(
    'svg',
    { class: `icon ${name}`, viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    ...paths,
  );
}
