import { useQuery } from '@tanstack/react-query';
import { useHistory } from './connection.js';

/** What there is to choose from in a history. */
export interface ThereIs {
  readonly platforms: readonly string[];
  readonly models: readonly string[];
  readonly profiles: readonly string[];
  /** Hosts, where the histories of several are served. */
  readonly origins: readonly string[];
}

/** What there is to choose from. @param isWanted whether platforms and models are asked for: a large history takes seconds to count. */
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
