/** A program whose files are compiled individually. Its paths are relative to a root folder. */
export interface CompiledProgram {
  readonly config: string;
  readonly sources: string;
  readonly compiled: string;
}

/** Compiles the outdated files of a program. */
export function compileProgram(root: string, program: CompiledProgram): Promise<void>;

/** Whether a file was written after the latest change of all its sources. */
export function isNewer(target: string, sources: readonly string[]): boolean;

/** All files below a folder; none if the folder does not exist. */
export function filesIn(folder: string): readonly string[];
