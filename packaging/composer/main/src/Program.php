<?php

declare(strict_types=1);

namespace MomoSandbox;

use Composer\InstalledVersions;
use RuntimeException;

/** The program, which the package of this platform brings. */
final class Program
{
    /**
     * The path of the program, to start it without a shell.
     *
     * @throws RuntimeException with what to do, if the package of this platform is not installed
     */
    public static function path(): string
    {
        $package = self::package();
        $name = PHP_OS_FAMILY === 'Windows' ? 'momosandbox.exe' : 'momosandbox';
        $folder = InstalledVersions::isInstalled($package)
            ? InstalledVersions::getInstallPath($package)
            : null;
        $path = $folder . '/bin/' . $name;
        if ($folder === null || !is_file($path)) {
            throw new RuntimeException(
                "momosandbox: the package of this platform is not installed. Install it:\n"
                . "    composer require --dev {$package}"
            );
        }
        // PHP's own unpacking of archives forgets which files may be executed.
        if (!is_executable($path) && PHP_OS_FAMILY !== 'Windows' && !@chmod($path, 0755)) {
            throw new RuntimeException("momosandbox: cannot make {$path} executable: chmod +x it");
        }

        return $path;
    }

    /**
     * The name of the package of this platform.
     *
     * @throws RuntimeException if there is none
     */
    public static function package(): string
    {
        $systems = ['Linux' => 'linux', 'Darwin' => 'macos', 'Windows' => 'windows'];
        $processors = ['x86_64' => 'x64', 'amd64' => 'x64', 'aarch64' => 'arm64', 'arm64' => 'arm64'];
        $system = $systems[PHP_OS_FAMILY] ?? null;
        $processor = $processors[strtolower(php_uname('m'))] ?? null;
        // Windows on ARM runs programs of x64.
        if ($system === 'windows' && $processor === 'arm64') {
            $processor = 'x64';
        }
        if ($system === null || $processor === null) {
            $platform = PHP_OS_FAMILY . ' on ' . php_uname('m');
            throw new RuntimeException(
                "momosandbox: there is no program for {$platform}, only for Linux and macOS on "
                . 'x86_64 and aarch64, and Windows on x86_64. '
                . 'With Rust, build it from source: cargo install momo-sandbox'
            );
        }

        return self::launcherPackage() . "-{$system}-{$processor}";
    }

    /** The name of this package, of which the names of the others are made. */
    private static function launcherPackage(): string
    {
        $manifest = json_decode((string) file_get_contents(dirname(__DIR__) . '/composer.json'), true);

        return $manifest['name'];
    }
}
