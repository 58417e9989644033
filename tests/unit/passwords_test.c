// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "unit.h"

#include "passwords.h"

// All of "secret"; made by openssl passwd and crypt_gensalt(3).
#define SHA512                                                                                     \
	"$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/"      \
	"1GM/O6IND4WQhG."
#define SHA256   "$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM."
#define YESCRYPT "$y$j75$k2XAnEHBqQ1Ct2aMXFKNa/$Tg4ZRR7tz/WRlmYbADZh9OJYakPewgSPQqW55EXAJ14"
#define COSTLY   "$y$jCT$k2XAnEHBqQ1Ct2aMXFKNa/$ZGo37caNUSSTrzzCOkZlqzdnrDjMZ17Yv3Go6VGf.dD"
#define X43      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void bad_hashes_are_refused(void **state) {
	static const struct {
		const char *hash;
		const char *why;
	} cases[] = {
		{"", "is no hash of a password: make one by \"openssl passwd -6\""},
		{"secret", "is no hash"},
		{"*", "is no hash"},
		{"ab0123456789.", "is no hash"},                      // DES
		{"$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1", "is no hash"}, // MD5
		{"$2b$05$abcdefghijklmnopqrstuv" X43, "is no hash"},  // bcrypt
		{"$gy$j9T$abc$" X43, "is no hash"},
		{"$6", "is no hash"},
		{"$6$", "is not whole: copy all"},
		{"$6$abcdefgh", "is not whole"},
		{"$6$abcdefgh$", "is not whole"},
		{"$6$$" X43 X43, "is not whole"},
		{"$6$abcdefgh$" X43, "is not whole"},
		{"$6$abcdefgh$" X43 X43 "x", "is not whole"},
		{"$6$abcdefgh$" X43 X43 "\n", "is not whole"},
		{"$6$a:b$" X43 X43, "is not whole"},
		{"$6$0123456789abcdefg$" X43 X43, "is not whole"},
		{"$6$rounds=5000$" X43 X43, "is not whole"},
		{"$6$rounds=500001$ab$" X43 X43, "costs more than a quarter of a second"},
		{"$6$rounds=99999999999999999999$ab$" X43 X43, "costs more"},
		{"$6$rounds=0$ab$" X43 X43, "costs more"},
		{"$6$rounds=$ab$" X43 X43, "costs more"},
		{"$6$rounds=-1$ab$" X43 X43, "costs more"},
		{"$6$rounds=", "costs more"},
		{"$5$abcdefgh$" X43 X43, "is not whole"},
		{"$y$", "costs more"},
		{"$y$j9T", "costs more"},
		{"$y$j9T$", "is not whole"},
		{"$y$j9T$abc", "is not whole"},
		{"$y$j9T$abc$x", "is not whole"},
		{COSTLY, "costs more"},
		{"$y$jFT$abc$" X43, "costs more"},
		{"$y$jzzzzzz$abc$" X43, "costs more"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *why = "";
		bool good = password_hash_is_good(cases[i].hash, &why);

		if (good || !strstr(why, cases[i].why))
			fail_msg("%s: %s", cases[i].hash, why);
		assert_case(cases[i].hash, !password_check(cases[i].hash, "secret"));
		assert_case(cases[i].hash, !password_check(cases[i].hash, ""));
		assert_case(cases[i].hash, !password_check(cases[i].hash, cases[i].hash));
	}
}

static const char *const good[] = {SHA512, SHA256, YESCRYPT};

static void wrong_passwords_are_refused(void **state) {
	static const char *const wrong[] = {
		"", "Secret", "secre", "secret ", "secret\n", SHA512, SHA256, YESCRYPT};
	char huge[PASSWORD_LEN_MAX + 2];

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		for (size_t j = 0; j < COUNT_OF(wrong); j++)
			assert_case(wrong[j], !password_check(good[i], wrong[j]));
		assert_false(password_check(good[i], huge));
	}
}

static void right_passwords_are_taken(void **state) {
	static const char rounds[] = "$6$rounds=500000$abcdefgh$" X43 X43;
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_case(good[i], password_hash_is_good(good[i], &why));
		assert_case(good[i], password_check(good[i], "secret"));
	}
	assert_true(password_hash_is_good(rounds, &why));
	assert_false(password_check(rounds, "secret"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_hashes_are_refused),
		cmocka_unit_test(wrong_passwords_are_refused),
		cmocka_unit_test(right_passwords_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
