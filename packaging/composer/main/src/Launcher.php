<?php

declare(strict_types=1);

namespace MomoSandbox;

use RuntimeException;

/** Runs the program in place of PHP: `vendor/bin/momosandbox`. */
final class Launcher
{
    /**
     * Runs the program with these arguments, and returns its exit code.
     *
     * @param list<string> $arguments
     */
    public static function run(array $arguments): int
    {
        try {
            $program = Program::path();
        } catch (RuntimeException $missing) {
            fwrite(STDERR, $missing->getMessage() . "\n");

            return 1;
        }
        // The program takes the place of PHP, so signals and the exit code are its own.
        if (function_exists('pcntl_exec')) {
            pcntl_exec($program, $arguments);
        }

        return self::runAndWait($program, $arguments);
    }

    /**
     * Windows has no exec, and some PHP has no pcntl: PHP stays until the program ends.
     *
     * @param list<string> $arguments
     */
    private static function runAndWait(string $program, array $arguments): int
    {
        // The console sends Ctrl-C and Ctrl-Break to the program as well, which decides what to do.
        if (function_exists('sapi_windows_set_ctrl_handler')) {
            sapi_windows_set_ctrl_handler(static function (int $event): void {
            });
        }
        $streams = [STDIN, STDOUT, STDERR];
        $options = ['bypass_shell' => true];
        $process = proc_open([$program, ...$arguments], $streams, $pipes, null, null, $options);
        if ($process === false) {
            fwrite(STDERR, "momosandbox: cannot start {$program}\n");

            return 1;
        }
        $code = proc_close($process);

        // PHP has -1 for a program that a signal ended.
        return $code < 0 ? 1 : $code;
    }
}
