//! What the engine asks of the system: tiles, large pages, and to take pages back. Only Linux is asked, by system calls
//! that the standard library does not have.

use std::{fs, mem::MaybeUninit, ops::Range};

const MADVISE: usize = if cfg!(target_arch = "x86_64") { 28 } else { 233 };
const PAGE: usize = 4096;

/// Asks to be let use tiles, which a process has to be once (<https://docs.kernel.org/arch/x86/xstate.html>).
#[cfg(target_arch = "x86_64")]
pub fn permits_tiles() -> bool {
    const ARCH_PRCTL: usize = 158;
    const REQUEST_PERMISSION: usize = 0x1023;
    const TILE_DATA: usize = 18;
    call(ARCH_PRCTL, [REQUEST_PERMISSION, TILE_DATA, 0]) == Some(0)
}

/// Asks for large pages behind memory that was not touched yet. Whether there are any makes no difference but in speed.
pub fn advise_large_pages<T>(memory: &mut [MaybeUninit<T>]) {
    const HUGE_PAGE: usize = 14;
    let pages = whole_pages(memory.as_ptr().addr(), size_of_val(memory));
    if !pages.is_empty() {
        call(MADVISE, [pages.start, pages.len(), HUGE_PAGE]);
    }
}

/// Gives the memory behind a part of this program's file back. Who reads it again gets it from the file again.
pub fn release(part: &'static [u8]) {
    const DO_NOT_NEED: usize = 4;
    let pages = whole_pages(part.as_ptr().addr(), part.len());
    if pages.is_empty() {
        return;
    }
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    // Anything but a part of a file that nobody can write would be lost.
    if maps.lines().any(|line| is_of_a_file(line, &pages)) {
        call(MADVISE, [pages.start, pages.len(), DO_NOT_NEED]);
    }
}

/// Whether a line of `/proc/PID/maps` says that all of `pages` are read from a file, and only read
/// (<https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html>).
fn is_of_a_file(line: &str, pages: &Range<usize>) -> bool {
    let mut fields = line.split_ascii_whitespace();
    let mut next = || fields.next().unwrap_or_default();
    let (addresses, rights, _offset, _device, inode) = (next(), next(), next(), next(), next());
    let address = |text: &str| usize::from_str_radix(text, 16).ok();
    let Some((Some(start), Some(end))) =
        addresses.split_once('-').map(|(start, end)| (address(start), address(end)))
    else {
        return false;
    };
    let is_only_read = rights.starts_with('r') && rights.as_bytes().get(1) == Some(&b'-');
    start <= pages.start
        && pages.end <= end
        && is_only_read
        && inode.parse::<u64>().is_ok_and(|inode| inode > 0)
}

fn whole_pages(start: usize, size: usize) -> Range<usize> {
    start.next_multiple_of(PAGE)..(start + size) / PAGE * PAGE
}

/// A call that changes no memory which the compiler knows of. `None` where there is no Linux.
#[cfg(all(target_os = "linux", target_arch = "x86_64", not(miri)))]
#[expect(unsafe_code, reason = "a system call that the standard library does not have")]
fn call(number: usize, arguments: [usize; 3]) -> Option<isize> {
    let result: isize;
    // SAFETY: the callers' calls give permission and advice; what they say of memory changes nothing that is in it.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    Some(result)
}

#[cfg(all(target_os = "linux", target_arch = "aarch64", not(miri)))]
#[expect(unsafe_code, reason = "a system call that the standard library does not have")]
fn call(number: usize, arguments: [usize; 3]) -> Option<isize> {
    let result: isize;
    // SAFETY: the callers' calls give permission and advice; what they say of memory changes nothing that is in it.
    unsafe {
        std::arch::asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") arguments[0] => result,
            in("x1") arguments[1],
            in("x2") arguments[2],
            options(nostack),
        );
    }
    Some(result)
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(miri)
)))]
fn call(_number: usize, _arguments: [usize; 3]) -> Option<isize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_read_from_a_file_is_released() {
        let pages = 0x55c6_5874_b000..0x55c6_5874_d000;
        for (line, expected) in [
            ("55c65874a000-55c65dbbc000 r--p 00000000 fe:00 131 /usr/bin/scrimp", true),
            ("55c65874b000-55c65874d000 r-xp 00000000 fe:00 131 /usr/bin/scrimp", true),
            ("55c65874a000-55c65dbbc000 rw-p 00000000 fe:00 131 /usr/bin/scrimp", false),
            ("55c65874a000-55c65dbbc000 r--p 00000000 00:00 0", false),
            ("55c65874c000-55c65dbbc000 r--p 00000000 fe:00 131 /usr/bin/scrimp", false),
            ("55c65874a000-55c65874c000 r--p 00000000 fe:00 131 /usr/bin/scrimp", false),
            ("", false),
        ] {
            assert_eq!(is_of_a_file(line, &pages), expected, "{line}");
        }
    }

    #[test]
    fn what_was_released_is_still_there() {
        static PART: &[u8] = include_bytes!("../../../../models/encoder/tokenizer.json");
        let before = PART.to_vec();
        release(PART);
        assert!(before == PART);
    }
}
