import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

/** How long the upstream's capabilities are cached, and the timeout for fetching them, in milliseconds. */
const REMEMBERED = 5000;
const PATIENCE = 2000;

/** Hermes's default model name, for clients that require a model. */
export const USUAL_MODEL = 'hermes-agent';

/** The capabilities that a Hermes API server reports. */
export interface UpstreamOffer {
  /** Flags, and names of headers. */
  readonly features: Readonly<Record<string, boolean | string>>;
  readonly endpoints: Readonly<Record<string, { readonly method: string; readonly path: string }>>;
  /** Its model name, and how it runs agents; undefined if it does not report them. */
  readonly model?: string;
  readonly runtime?: object;
}

const NOTHING: UpstreamOffer = { features: {}, endpoints: {} };

/** The Hermes API server behind this one, if any. */
@Injectable()
export class Upstream {
  #offer: { readonly at: number; readonly value: Promise<UpstreamOffer> } | undefined;

  constructor(private readonly settings: Settings) {}

  /** Its current capabilities; empty if there is no such server or it does not answer. */
  async offer(): Promise<UpstreamOffer> {
    if (this.settings.HERMES_UPSTREAM_URL === '') return NOTHING;
    const now = performance.now();
    if (this.#offer === undefined || now - this.#offer.at > REMEMBERED) {
      this.#offer = { at: now, value: this.#ask().catch(() => NOTHING) };
    }
    return this.#offer.value;
  }

  async #ask(): Promise<UpstreamOffer> {
    const response = await fetch(`${this.settings.HERMES_UPSTREAM_URL}/v1/capabilities`, {
      headers: { authorization: `Bearer ${this.settings.HERMES_UPSTREAM_KEY}` },
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (!response.ok) throw new Error(`The Hermes API server answered ${response.status}.`);
    const { features, endpoints, model, runtime } = (await response.json()) as Readonly<
      Record<string, unknown>
    >;
    return {
      features: entriesOf(features, isFeature),
      endpoints: entriesOf(endpoints, isEndpoint),
      ...(typeof model === 'string' ? { model } : {}),
      ...(typeof runtime === 'object' && runtime !== null ? { runtime } : {}),
    };
  }
}

/** The entries of an object that have the expected type. */
function entriesOf<T>(value: unknown, isExpected: (item: unknown) => item is T): Readonly<Record<string, T>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, T] => isExpected(entry[1])),
  );
}

function isFeature(value: unknown): value is boolean | string {
  return typeof value === 'boolean' || typeof value === 'string';
}

function isEndpoint(value: unknown): value is { readonly method: string; readonly path: string } {
  if (typeof value !== 'object' || value === null) return false;
  const { method, path } = value as Readonly<Record<string, unknown>>;
  return typeof method === 'string' && typeof path === 'string';
}
