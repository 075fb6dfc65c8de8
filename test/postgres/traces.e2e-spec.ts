import { Collector } from '../support/collector.js';
import { createDatabase } from '../support/database.js';
import { smallHistory } from '../support/histories.js';
import { runCli } from '../support/process.js';
import { ServedHistory } from '../support/served.js';

describe('traces of a fleet', () => {
  it('have what a shipper does, and the statements of an answer', async () => {
    const collector = await Collector.start();
    const url = await createDatabase();
    const environment = {
      DATABASE_URL: url,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      LOG_LEVEL: 'info',
    };
    const shipped = await runCli(['ship', '--once', '--origin', 'traced-host'], {
      ...environment,
      STATE_DB: smallHistory(25),
    });
    expect(shipped.code).toBe(0);
    const compare = await collector.span(({ name }) => name === 'ship compare', 'of a comparison');
    expect(JSON.stringify(compare.attributes)).toContain('traced-host');
    expect(collector.namesBelow(compare)).toEqual(expect.arrayContaining(['postgresql read', 'sqlite read']));
    const send = await collector.span(({ name }) => name === 'ship send', 'of what was sent');
    expect(collector.namesBelow(send)).toContain('postgresql write');
    const server = await ServedHistory.start('', environment);
    expect((await server.get('/v1/sessions?search=tomatoes')).status).toBe(200);
    const request = await collector.span(({ name }) => name === 'GET /v1/sessions', 'of a request');
    expect(collector.namesBelow(request)).toEqual(
      expect.arrayContaining(['sessions.list', 'postgresql read', expect.stringMatching(/^SELECT|^WITH/)]),
    );
    expect(collector.text).not.toContain('tomatoes');
    expect(collector.text).not.toContain('Garden irrigation');
    await server.stop();
    await collector.stop();
  });
});
