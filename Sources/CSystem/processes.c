#define _GNU_SOURCE
#include "CSystem.h"

#include <sys/syscall.h>
#include <unistd.h>

int banjie_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int banjie_process_descriptor(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }
