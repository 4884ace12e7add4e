/*
 * Plays a disk that fails: preloaded into a process (ld.so(8), LD_PRELOAD), it stands between the process and its files below
 * DISK_ROOT. What the file DISK_MODE holds decides, at each call, what the disk is like:
 *
 *   s  an fsync takes two seconds        f  the disk is full: writes fail with ENOSPC
 *   r  the disk has become read-only     e  an fsync fails with EIO
 *   c  an fsync of the database file, which only checkpoints ask for, hangs until the mode is another one
 *   u  the database file is unreadable from its third page on: reads fail with EIO
 *
 * With DISK_LOG it also keeps a log of what would reach a real disk, in the order in which it happened, from which PowerCut makes
 * what a power cut leaves. A record is: op (W write, T truncate, U unlink, S sync), length of the name, name, two numbers of 64 bits,
 * data. The numbers of W are offset and length, of T the new length; of S how many records there were when it began, as what is
 * written while a sync runs need not be covered by it. An unlink is certain after a sync of the folder, whose name is ".".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -2;
static uint64_t records;

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

/* The file's name below DISK_ROOT, or null when it is elsewhere. */
static const char *below_root(int fd, char *buffer) {
    char link[64];
    const char *root = getenv("DISK_ROOT");
    if (!root) return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, buffer, PATH_MAX - 1);
    if (length <= 0) return NULL;
    buffer[length] = 0;
    size_t prefix = strlen(root);
    if (strncmp(buffer, root, prefix) != 0) return NULL;
    return buffer[prefix] == '/' ? buffer + prefix + 1 : buffer[prefix] == 0 ? "." : NULL;
}

static char mode(void) {
    const char *file = getenv("DISK_MODE");
    char c = 'n';
    int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        if (read(fd, &c, 1) != 1) c = 'n';
        close(fd);
    }
    return c;
}

static int refused(const char *name) {
    switch (strcmp(name, "acks") == 0 ? 'n' : mode()) {
        case 'f': errno = ENOSPC; return 1;
        case 'r': errno = EROFS; return 1;
        default: return 0;
    }
}

static void put(const void *data, size_t length) {
    for (const char *at = data; length > 0;) {
        ssize_t n = REAL(write)(log_fd, at, length);
        if (n <= 0) abort();
        at += n;
        length -= n;
    }
}

static void keep(char op, const char *name, uint64_t first, uint64_t second, const void *data) {
    if (log_fd == -2) {
        const char *path = getenv("DISK_LOG");
        log_fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    }
    if (log_fd < 0) return;
    uint8_t length = strlen(name);
    put(&op, 1);
    put(&length, 1);
    put(name, length);
    put(&first, 8);
    put(&second, 8);
    if (op == 'W') put(data, second);
    records++;
}

#define WRITE(call, offset_of)                                          \
    char path[PATH_MAX];                                                \
    const char *name = below_root(fd, path);                            \
    if (!name) return call;                                             \
    if (refused(name)) return -1;                                       \
    pthread_mutex_lock(&lock);                                          \
    off_t at = offset_of;                                               \
    ssize_t n = call;                                                   \
    int error = errno;                                                  \
    if (n > 0) keep('W', name, at, n, data);                            \
    pthread_mutex_unlock(&lock);                                        \
    errno = error;                                                      \
    return n;

ssize_t write(int fd, const void *data, size_t length) {
    int append = fcntl(fd, F_GETFL);
    WRITE(REAL(write)(fd, data, length), lseek(fd, 0, append >= 0 && (append & O_APPEND) ? SEEK_END : SEEK_CUR))
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    WRITE(REAL(pwrite)(fd, data, length, offset), offset)
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    WRITE(REAL(pwrite64)(fd, data, length, offset), offset)
}

/* Where the third page of 4 KiB begins. */
#define UNREADABLE 8192

#define READ(call)                                                      \
    char path[PATH_MAX];                                                \
    const char *name = below_root(fd, path);                            \
    if (name && strcmp(name, "state.db") == 0 && offset >= UNREADABLE && mode() == 'u') { errno = EIO; return -1; } \
    return call;

ssize_t pread(int fd, void *data, size_t length, off_t offset) {
    READ(REAL(pread)(fd, data, length, offset))
}

ssize_t pread64(int fd, void *data, size_t length, off64_t offset) {
    READ(REAL(pread64)(fd, data, length, offset))
}

#define TRUNCATE(call)                                                  \
    char path[PATH_MAX];                                                \
    const char *name = below_root(fd, path);                            \
    if (!name) return call;                                             \
    if (refused(name)) return -1;                                       \
    pthread_mutex_lock(&lock);                                          \
    int n = call;                                                       \
    int error = errno;                                                  \
    if (n == 0) keep('T', name, length, 0, NULL);                       \
    pthread_mutex_unlock(&lock);                                        \
    errno = error;                                                      \
    return n;

int ftruncate(int fd, off_t length) {
    TRUNCATE(REAL(ftruncate)(fd, length))
}

int ftruncate64(int fd, off64_t length) {
    TRUNCATE(REAL(ftruncate64)(fd, length))
}

#define SYNC(call)                                                      \
    char path[PATH_MAX];                                                \
    const char *name = below_root(fd, path);                            \
    if (!name) return call;                                             \
    pthread_mutex_lock(&lock);                                          \
    uint64_t before = records;                                          \
    pthread_mutex_unlock(&lock);                                        \
    switch (mode()) {                                                   \
        case 's': sleep(2); break;                                      \
        case 'e': errno = EIO; return -1;                               \
        case 'r': errno = EROFS; return -1;                             \
        case 'c': while (strcmp(name, "state.db") == 0 && mode() == 'c') usleep(20000); \
    }                                                                   \
    int n = call;                                                       \
    int error = errno;                                                  \
    pthread_mutex_lock(&lock);                                          \
    if (n == 0) keep('S', name, before, 0, NULL);                       \
    pthread_mutex_unlock(&lock);                                        \
    errno = error;                                                      \
    return n;

int fsync(int fd) {
    SYNC(REAL(fsync)(fd))
}

int fdatasync(int fd) {
    SYNC(REAL(fdatasync)(fd))
}

int unlink(const char *file) {
    const char *root = getenv("DISK_ROOT");
    size_t prefix = root ? strlen(root) : 0;
    if (!root || strncmp(file, root, prefix) != 0 || file[prefix] != '/') return REAL(unlink)(file);
    if (refused(file + prefix + 1)) return -1;
    pthread_mutex_lock(&lock);
    int n = REAL(unlink)(file);
    int error = errno;
    if (n == 0) keep('U', file + prefix + 1, 0, 0, NULL);
    pthread_mutex_unlock(&lock);
    errno = error;
    return n;
}
