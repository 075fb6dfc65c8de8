/** A program whose files are compiled one by one; its paths are below a root. */
export interface CompiledProgram {
  readonly config: string;
  readonly sources: string;
  readonly compiled: string;
}

/** Brings the compiled files of a program up to date. */
export function compileProgram(root: string, program: CompiledProgram): Promise<void>;

/** Whether a file was made after all of its sources came to be as they are. */
export function isNewer(target: string, sources: readonly string[]): boolean;

/** All files of a folder, in whatever depth; none where there is no such folder. */
export function filesIn(folder: string): readonly string[];
