/** One JSON object a line, as the benchmarks print them: how long something took is told, never asserted. */
export function tell(fault: string, value: number, unit: string, note = ''): void {
  process.stdout.write(`${JSON.stringify({ fault, value: Math.round(value), unit, note })}\n`);
}
