FILESEXTRAPATHS:prepend := "${THISDIR}/files:"
SRC_URI:append:skerry = " file://skerry.cfg"
