import { useQuery } from '@tanstack/react-query';
import { useHistory } from './connection.js';

/** The values that filters can choose from. */
export interface ThereIs {
  readonly platforms: readonly string[];
  readonly models: readonly string[];
  readonly profiles: readonly string[];
  /** Hosts, if histories of several are served. */
  readonly origins: readonly string[];
}

/**
 * The values that filters can choose from. @param isWanted whether to request platforms and models: counting them takes seconds in a large history.
 */
export function useThereIs(isWanted = true): ThereIs {
  const history = useHistory();
  const { data: statistics } = useQuery({
    queryKey: ['statistics', 'filters'],
    queryFn: ({ signal }) => history.statistics({}, { signal }),
    enabled: isWanted,
  });
  const { data: profiles } = useQuery({
    queryKey: ['profiles'],
    queryFn: ({ signal }) => history.profiles({ signal }),
  });
  return {
    platforms: statistics?.by_platform.map(({ platform }) => platform) ?? [],
    models: statistics?.by_model.flatMap(({ model }) => model ?? []) ?? [],
    profiles: [...new Set(profiles?.data.map(({ name }) => name) ?? [])],
    origins: [...new Set(profiles?.data.flatMap(({ origin }) => origin ?? []) ?? [])],
  };
}
