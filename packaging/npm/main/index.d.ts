/**
 * The path of the program, to start it without a shell.
 *
 * @throws An error with what to do if the package of this platform is not installed.
 */
export declare function programPath(): string;
