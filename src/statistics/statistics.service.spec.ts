import type { StatisticsRequest } from '../sessions/session-statistics.js';
import { mergeStatistics } from '../sessions/session-statistics.js';
import type { SessionReader } from '../sessions/session-reader.js';
import { StatisticsService } from './statistics.service.js';

const CALLER = {
  name: 'anybody',
  scopes: new Set<never>(),
  access: {},
  isCurrent: () => Promise.resolve(true),
};

describe('counts of a history', () => {
  it('are asked for by one name of a time zone, however it is spelled, and say how it was', async () => {
    const asked: string[] = [];
    const reader: Pick<SessionReader, 'statistics'> = {
      statistics: ({ timeZone }: StatisticsRequest) => {
        asked.push(timeZone);
        return Promise.resolve(mergeStatistics([]));
      },
    };
    const service = new StatisticsService(reader as SessionReader);
    const told: string[] = [];
    for (const zone of ['Europe/Berlin', 'eUROPE/bERLIN', 'europe/berlin'])
      told.push((await service.get({ time_zone: zone }, CALLER, 0)).time_zone);
    expect(new Set(asked).size).toBe(1);
    expect(told).toEqual(['Europe/Berlin', 'eUROPE/bERLIN', 'europe/berlin']);
  });
});
