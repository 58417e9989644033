// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Signals are blocked but while waiting, so that none falls between a look at its flag and the
// wait. Stopping by a key is turned off: the shell would get a terminal without echo.

#include "cli/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "state_view.h"

#define ENTER "\033[?1049h\033[?25l\033[?7l" // other screen, no cursor, no wrapping
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

static struct termios former;
static bool has_keys;
static sigset_t former_mask;
static volatile sig_atomic_t asked_to_end, resized;

static void on_end(int number) {
	(void)number;
	asked_to_end = 1;
}

static void on_resize(int number) {
	(void)number;
	resized = 1;
}

static void put(const char *text, size_t len) {
	while (len) {
		ssize_t done = write(STDOUT_FILENO, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			asked_to_end = 1;
			return;
		}
		text += done;
		len -= (size_t)done;
	}
}

bool terminal_is_screen(void) {
	const char *type = getenv("TERM");

	return isatty(STDOUT_FILENO) && type && type[0] && strcmp(type, "dumb") != 0;
}

static void catch_signals(void) {
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action = {.sa_handler = on_end};
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		sigaddset(&mask, ends[i]);
		sigaction(ends[i], &action, NULL);
	}
	sigaddset(&mask, SIGWINCH);
	action.sa_handler = on_resize;
	sigaction(SIGWINCH, &action, NULL);
	action.sa_handler = SIG_IGN; // a write tells it
	sigaction(SIGPIPE, &action, NULL);
	sigprocmask(SIG_BLOCK, &mask, &former_mask);
}

void terminal_begin(void) {
	struct termios keys;

	catch_signals();
	has_keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &former) == 0;
	if (has_keys) {
		keys = former;
		keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		keys.c_cc[VMIN] = 1;
		keys.c_cc[VTIME] = 0;
		keys.c_cc[VSUSP] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSANOW, &keys);
	}
	put(ENTER, strlen(ENTER));
}

void terminal_end(void) {
	put(LEAVE, strlen(LEAVE));
	if (has_keys)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &former);
	sigprocmask(SIG_SETMASK, &former_mask, NULL);
}

void terminal_size(size_t *width, size_t *height) {
	struct winsize size;
	bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row;

	*width = known ? size.ws_col : 80;
	*height = known ? size.ws_row : 24;
}

// In one write, so that no half screen is seen. The last line ends without a newline: it would
// scroll.
void terminal_show(const char *text, size_t len) {
	char *out = NULL;
	size_t out_len, line;
	FILE *stream = open_memstream(&out, &out_len);

	if (!stream)
		return;
	fputs("\033[H", stream);
	for (; len; text += line, len -= line) {
		const char *end = memchr(text, '\n', len);

		line = end ? (size_t)(end - text) : len;
		fwrite(text, 1, line, stream);
		fputs("\033[0m\033[K", stream);
		if (end && ++line < len)
			fputs("\r\n", stream);
	}
	fputs("\033[J", stream);
	fclose(stream);
	put(out, out_len);
	free(out);
}

// False: nobody is there to press one.
static bool read_keys(bool *quit) {
	char keys[64];
	ssize_t len = read(STDIN_FILENO, keys, sizeof(keys));

	if (len < 0)
		return errno == EINTR || errno == EAGAIN;
	*quit = memchr(keys, 'q', (size_t)len) || memchr(keys, 'Q', (size_t)len);
	return len > 0;
}

enum terminal_event terminal_wait(unsigned long long until_ns) {
	struct pollfd poll = {.fd = has_keys ? STDIN_FILENO : -1, .events = POLLIN};
	bool quit = false;

	for (;;) {
		unsigned long long now = state_boottime_ns();
		unsigned long long left = until_ns > now ? until_ns - now : 0;
		struct timespec time = {(time_t)(left / 1000000000), (long)(left % 1000000000)};
		int ready = ppoll(&poll, 1, &time, &former_mask);

		if (asked_to_end || (ready > 0 && !read_keys(&quit)) || quit)
			return TERMINAL_QUIT;
		if (resized) {
			resized = 0;
			return TERMINAL_RESIZE;
		}
		if (ready == 0)
			return TERMINAL_TIME;
	}
}
