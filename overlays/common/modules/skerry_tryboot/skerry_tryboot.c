// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands "tryboot" in the argument of reboot(2) to the firmware of a Raspberry Pi, which then boots the [tryboot] partition of autoboot.txt, once.
 * Raspberry Pi's own kernel does it by itself; others have the driver for the firmware's property mailbox, but nothing that sends this flag.
 * Loaded only where the firmware knows the flag, so that /sys/module/skerry_tryboot tells that a try is possible.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/of.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <soc/bcm2835/raspberrypi-firmware.h>

/* Tags of the property mailbox; not every kernel's header has them. */
#define GET_REBOOT_FLAGS 0x00030064
#define SET_REBOOT_FLAGS 0x00038064
#define FLAG_TRYBOOT 1

static struct rpi_firmware *firmware;

/* The argument is the partition's number, 0 for the default, and words behind it: "0 tryboot". */
static bool asks_for_a_try(const char *argument)
{
	return argument && strstr(argument, " tryboot");
}

static int before_restart(struct notifier_block *block, unsigned long action, void *argument)
{
	u32 flags = FLAG_TRYBOOT;
	int failure;

	if (action != SYS_RESTART || !asks_for_a_try(argument))
		return NOTIFY_DONE;
	failure = rpi_firmware_property(firmware, SET_REBOOT_FLAGS, &flags, sizeof(flags));
	if (failure)
		pr_err("the firmware did not take the tryboot flag (%d); the next boot is a usual one\n", failure);
	else
		pr_notice("the firmware is told to try the other slot\n");
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = before_restart };

static int __init skerry_tryboot_init(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "raspberrypi,bcm2835-firmware");
	u32 flags = 0;
	int failure;

	if (!node)
		return -ENODEV;
	firmware = rpi_firmware_get(node);
	of_node_put(node);
	if (!firmware)
		return -ENODEV;
	failure = rpi_firmware_property(firmware, GET_REBOOT_FLAGS, &flags, sizeof(flags));
	if (failure) {
		pr_err("this firmware has no tryboot flag (%d)\n", failure);
		goto put;
	}
	failure = register_reboot_notifier(&notifier);
	if (failure)
		goto put;
	return 0;
put:
	rpi_firmware_put(firmware);
	return failure;
}
module_init(skerry_tryboot_init);

static void __exit skerry_tryboot_exit(void)
{
	unregister_reboot_notifier(&notifier);
	rpi_firmware_put(firmware);
}
module_exit(skerry_tryboot_exit);

MODULE_DESCRIPTION("Passes tryboot on to the firmware of a Raspberry Pi");
MODULE_LICENSE("GPL");
