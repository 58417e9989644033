// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "http_types.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define PLAIN "text/plain; charset=utf-8"

static const struct {
	const char *ending;
	const char *type;
	const char *uefi; // NULL: the same
} types[] = {
	{".efi", "application/efi", NULL},
	{".iso", "application/octet-stream", "application/vnd.efi-iso"},
	{".img", "application/octet-stream", "application/vnd.efi-img"},
	{".ipxe", PLAIN, NULL},
	{".cfg", PLAIN, NULL},
	{".conf", PLAIN, NULL},
	{".ks", PLAIN, NULL},
	{".seed", PLAIN, NULL},
	{".sh", PLAIN, NULL},
	{".txt", PLAIN, NULL},
	{".log", PLAIN, NULL},
	{".asc", PLAIN, NULL},
	{".sha256", PLAIN, NULL},
	{".yaml", "application/yaml", NULL},
	{".yml", "application/yaml", NULL},
	{".ign", "application/json", NULL},
	{".json", "application/json", NULL},
	{".xml", "application/xml", NULL},
	{".htm", "text/html; charset=utf-8", NULL},
	{".html", "text/html; charset=utf-8", NULL},
	{".css", "text/css; charset=utf-8", NULL},
	{".png", "image/png", NULL},
	{".jpg", "image/jpeg", NULL},
	{".svg", "image/svg+xml", NULL},
	{".pdf", "application/pdf", NULL},
	{".gz", "application/gzip", NULL},
	{".tgz", "application/gzip", NULL},
	{".xz", "application/x-xz", NULL},
	{".bz2", "application/x-bzip2", NULL},
	{".zst", "application/zstd", NULL},
	{".zip", "application/zip", NULL},
	{".tar", "application/x-tar", NULL},
	{".deb", "application/vnd.debian.binary-package", NULL},
	{".rpm", "application/x-rpm", NULL},
	{".crt", "application/x-x509-ca-cert", NULL},
	{".der", "application/x-x509-ca-cert", NULL},
	{".pem", "application/x-pem-file", NULL},
	{".sig", "application/pkcs7-signature", NULL},
};

// EDK2 also goes by the ending, other firmware does not.
const char *http_types_of(const char *path, bool uefi) {
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcasecmp(dot, types[i].ending))
			return uefi && types[i].uefi ? types[i].uefi : types[i].type;
	return "application/octet-stream";
}
