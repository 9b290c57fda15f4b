import { type Logger, silentLogger } from '../core/logger.ts';

/** Writes to standard error. pino is loaded only where something is logged: it costs a start more than the schema of the options does. */
export async function loggerOf(level: string): Promise<Logger> {
  if (level === 'silent') return silentLogger;
  const { pino } = await import('pino');
  const destination = pino.destination({ dest: 2, sync: true });
  destination.on('error', () => {}); // a full disk ends no leader
  const logger: Logger = pino({ level }, destination);
  return logger;
}
