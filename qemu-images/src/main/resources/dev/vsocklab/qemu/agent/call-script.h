/* Whole scripts of socket calls in one frame: see call-script.c. */
#ifndef VSOCKLAB_CALL_SCRIPT_H
#define VSOCKLAB_CALL_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Runs the scripts and hands their records to put, piece by piece. Returns 0 or an errno: EBADMSG
 * for a body of the wrong shape, what was put is then worth nothing.
 */
int run_scripts(const uint8_t *scripts, size_t length, void (*put)(const void *, size_t));

#endif
