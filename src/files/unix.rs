//! How Unix opens a file, and the kinds of files that it has.

use std::fs::{File, FileType, OpenOptions};
use std::io::Result;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Opens without waiting for the writer of a pipe or the line of a terminal.
pub fn open(path: &Path) -> Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}

/// A name of Unix says nothing of the kind of its file.
pub fn kind_by_name(_: &Path) -> Option<&'static str> {
    None
}

/// The kind of what is neither a regular file nor a folder.
pub fn special_kind(found: FileType) -> &'static str {
    let kinds = [
        (found.is_fifo(), "a named pipe (FIFO)"),
        (found.is_socket(), "a socket"),
        (found.is_char_device(), "a character device"),
        (found.is_block_device(), "a block device"),
    ];
    let kind = kinds.into_iter().find_map(|(is_it, kind)| is_it.then_some(kind));
    kind.unwrap_or("no regular file")
}
