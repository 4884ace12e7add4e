FILESEXTRAPATHS:prepend := "${SKERRY_LAYER_DIR}/recipes-kernel/linux/files:"
SRC_URI:append:skerry = " file://skerry.cfg"
