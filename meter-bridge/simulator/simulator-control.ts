import modbusSerial from 'modbus-serial';
import { CONTROL_UNIT } from './simulator.ts';

/** Sets the time of a simulator in another process. */
export interface SimulatorControl {
  /** Pins all registers to an instant, or lets them follow the clock with `null`. */
  setTime(ms: number | null): Promise<void>;
  close(): Promise<void>;
}

export async function controlSimulator(host: string, port: number): Promise<SimulatorControl> {
  const client = new modbusSerial.default();
  await client.connectTCP(host, { port });
  client.setID(CONTROL_UNIT);
  client.setTimeout(5_000);
  return {
    async setTime(ms) {
      const words: number[] = [];
      for (let rest = ms ?? 0, i = 0; i < 4; i++) {
        words.unshift(rest % 65_536);
        rest = Math.floor(rest / 65_536);
      }
      await client.writeRegisters(0, words);
    },
    close: () => new Promise((resolve) => client.close(() => resolve())),
  };
}
