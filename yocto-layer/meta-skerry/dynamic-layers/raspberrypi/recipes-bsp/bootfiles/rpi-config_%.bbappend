# The initrd that opens the slot with dm-verity, and the watchdog: a slot that hangs must reset itself, or the firmware never goes back.
RPI_EXTRA_CONFIG:append:skerry = "\ninitramfs initrd followkernel\ndtparam=watchdog=on\n"
ENABLE_UART:skerry = "1"
