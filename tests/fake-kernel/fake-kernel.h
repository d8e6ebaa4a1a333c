/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the fake kernel, a library for LD_PRELOAD that makes a directory tree answer writes
 * as sysfs does.
 *
 *	fake-kernel.c		the libc calls it takes over, and which attribute a path is
 *	tree.c	reading and changing the tree
 *	rules.c	faults that a test asks for, and the log of what was written
 *	wait.c	the hot-plug lock, signals, processes of the kernel
 *	block.c	memory blocks: online and offline
 *	plug.c	memory blocks: adding and removing
 *	acpi.c	providers ...
 *	dax.c
 *	dlpar.c
 *	device.c	... what they share, and the small ones
 *
 * It runs inside any program, between any two of its instructions: nothing here allocates, uses
 * stdio streams, or calls a function that it takes over itself. Paths start with / and are those
 * inside the tree. Functions return 0 or a positive result, or -errno.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MEMORY_DIR "/sys/devices/system/memory"
#define NODE_DIR "/sys/devices/system/node"
#define OWN_DIR "/.fake-kernel"
#define WORD_SIZE 4096	/* the limit of one write: a page */
#define TEXT_SIZE 256	/* enough for every attribute that is read */
#define BLOCKS_MAX 4096 /* of one device */

/* --- the libc calls that are taken over, as the next library has them (fake-kernel.c) --- */

int real_open(const char *place, int flags, mode_t mode);
ssize_t real_write(int fd, const void *buffer, size_t count);
long real_syscall(long number, long a, long b, long c, long d, long e, long f);

/* --- the tree --- */

/* Root of the tree ($FAKE_KERNEL_ROOT, resolved), or NULL when the fake kernel is not wanted. */
const char *tree_root(void);

/* Where a path of the tree is on this system; `place` has PATH_MAX bytes. */
void tree_place(const char *path, char *place);

/*
 * Path inside the tree of the file behind a descriptor, whether or not it was replaced meanwhile:
 * -ENODEV if its directory was removed, -EXDEV if it is not in the tree, -EBADF if nothing is open.
 */
int tree_path_of(int fd, char *path);

bool tree_exists(const char *path);

/* Read a one-line file without its newline into `text` of TEXT_SIZE bytes. */
int tree_read(const char *path, char *text);

/* Read up to `size` bytes of a file; returns how many. */
ssize_t tree_read_bytes(const char *path, void *bytes, size_t size);

/* Put a file in place of another in one step; an old file's mode is kept, a new one gets `mode`. */
int tree_replace_bytes(const char *path, const void *bytes, size_t size, mode_t mode);

/* The same for a line of text; the newline is added. */
int tree_replace(const char *path, const char *text, mode_t mode);

int tree_mkdir(const char *path);
int tree_symlink(const char *target, const char *path);
int tree_unlink(const char *path);
int tree_rename(const char *from, const char *to);

/* Read a link's text into `target` of PATH_MAX bytes. */
int tree_readlink(const char *path, char *target);

/* Call `visit` for each name in a directory until it returns non-zero; returns that, or 0. */
int tree_each(const char *path, int (*visit)(const char *name, void *data), void *data);

/*
 * Remove a directory so that it can still be told apart: it is emptied and moved to a graveyard, so
 * its inode number is never reused and an open descriptor shows where it is.
 */
int tree_bury(const char *path);

/* --- rules and log --- */

enum effect {
	EFFECT_NONE,	/* as the kernel does it */
	EFFECT_ERROR,	/* fails with `error` */
	EFFECT_HANG,	/* does not end by itself */
	EFFECT_VANISH,	/* the block is removed meanwhile */
	EFFECT_REPLACE, /* the block is removed and added again meanwhile */
	EFFECT_ALREADY, /* another process does it just before */
	EFFECT_DIE,    /* as the kernel does it, but the program is killed before it learns of it */
	EFFECT_IGNORE, /* claims success, changes nothing */
	EFFECT_FAIL,   /* accepted, fails later (eject) */
};

struct fault {
	enum effect effect;
	int error;	  /* positive errno, for EFFECT_ERROR */
	long delay_ms;	  /* the operation takes this long */
	long reonline_ms; /* after this time another process brings the block online again; or -1 */
	long vanish_ms;	  /* after this time the block is removed; or -1 */
	char zone[16];	  /* zone that an online block gets instead; empty: the right one */
	char also[16]; /* what another process does to another block just before; empty: nothing */
	unsigned long other; /* that block */
};

/*
 * What the rules say of an operation on a subject (`memory35`, `PNP0C80:00`, ...); uses up
 * counted rules.
 */
void rules_find(const char *subject, const char *operation, struct fault *ret);

/*
 * Append a line to the log: who did what to which file, with which result (0 or more, or
 * -errno).
 */
void log_result(const char *operation, const char *path, const char *word, long result);

/* The same with a word as result. */
void log_word(const char *operation, const char *path, const char *word, const char *result);

/* --- waiting --- */

/* One task inside the fake kernel: a program in a write, or (fd -1) the kernel itself. */
struct task {
	int fd;		     /* written to, or -1 */
	int lock_fd;	     /* hot-plug lock, or -1 */
	char path[PATH_MAX]; /* of the file behind fd */
	sigset_t mask;	     /* of the program; everything is blocked while inside */
};

/*
 * Take the lock; `restarts`: as lock_device_hotplug_sysfs() does, signal handlers run between
 * the tries.
 */
int lock_take(struct task *task, bool restarts);
void lock_release(struct task *task);

/*
 * Sleep for `ms` (-1: forever); -EINTR as soon as a signal is pending that the program would
 * notice.
 */
int task_sleep(const struct task *task, long ms, bool interruptible);

/* Run a function in a process of its own that outlives the caller and holds none of its files. */
int kernel_start(void (*run)(const void *data), const void *data);

/*
 * Watch the calling process: when it dies, run the function while still holding the lock.
 * Returns a pid.
 */
pid_t watch_start(const struct task *task, void (*run)(const void *data), const void *data);
void watch_stop(pid_t pid);

/* --- blocks --- */

/* Blocks fully inside an address range, inclusive: first and last; false when there is none. */
bool block_range(uint64_t start, uint64_t end, unsigned long *first, unsigned long *last);
uint64_t block_size(void);
bool block_exists(unsigned long number);
bool block_is(unsigned long number, const char *state);

/* A write of a word to the block's `state` (or, `online` attribute, the same as a truth value). */
int block_store_state(struct task *task, unsigned long number, const char *word);
int block_store_online(struct task *task, unsigned long number, const char *word);

/* The steps of it, with the lock held: word is one of the three online words. */
int block_online(struct task *task, unsigned long number, const char *word);
int block_offline(struct task *task, unsigned long number);

/*
 * Take every online block of a list offline; on failure bring all back into the zone that they had.
 */
int block_offline_all(struct task *task, const unsigned long *numbers, size_t count);

/* Bring a block online without any rule, on behalf of another process. */
void block_force_online(unsigned long number, const char *word);

/* Add a block on a node (-1: none); it is brought online if auto_online_blocks says so. */
int block_add(unsigned long number, long node);
void block_remove(unsigned long number);

/* Number of the (first) node that a block belongs to, or -1. */
long block_node(unsigned long number);

/* Log what the kernel did to a block by itself. */
void block_log(unsigned long number, const char *word, const char *result);

/* True if the word is one that `auto_online_blocks` and `state` know. */
bool block_is_online_word(const char *word);

struct block_list {
	unsigned long numbers[BLOCKS_MAX];
	size_t count;
};

void block_list_add(struct block_list *list, unsigned long number);

/* --- devices; `word` is what was written, without a trailing newline --- */

int device_eject(struct task *task, const char *path, const char *word);
int device_dax_driver(struct task *task, const char *driver, const char *operation,
		      const char *word);
int device_dax_state(struct task *task, const char *path, const char *word);
int device_dlpar(struct task *task, const char *word);
int device_s390(struct task *task, unsigned long number, const char *attribute, const char *word);
int device_probe(struct task *task, const char *word);

/* Errors and delays that rules ask of an operation on a device as a whole; 1: go on. */
int device_fault(const struct task *task, const char *subject, const char *operation,
		 struct fault *fault);

/* kstrtobool(): 1, 0 or -EINVAL. */
int parse_truth(const char *word);

#endif
