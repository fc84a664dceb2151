//! What the engine asks of the system: tiles, and large pages. Only Linux is asked, by system calls that the standard
//! library does not have.

use std::mem::MaybeUninit;

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
    const MADVISE: usize = if cfg!(target_arch = "x86_64") { 28 } else { 233 };
    const HUGE_PAGE: usize = 14;
    const PAGE: usize = 4096;
    let (start, size) = (memory.as_ptr().addr(), size_of_val(memory));
    let (first, end) = (start.next_multiple_of(PAGE), (start + size) / PAGE * PAGE);
    if first < end {
        call(MADVISE, [first, end - first, HUGE_PAGE]);
    }
}

/// A call that changes no memory which the compiler knows of. `None` where there is no Linux.
#[cfg(all(target_os = "linux", target_arch = "x86_64", not(miri)))]
#[expect(unsafe_code, reason = "a system call that the standard library does not have")]
fn call(number: usize, arguments: [usize; 3]) -> Option<isize> {
    let result: isize;
    // SAFETY: the callers' calls give permission and advice; they change neither memory nor files.
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
    // SAFETY: the callers' calls give permission and advice; they change neither memory nor files.
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
