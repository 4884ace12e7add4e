# Modules that bitbake loads with the layer (addpylib in conf/layer.conf). They are plain Python, so that they can be tested without bitbake.
BBIMPORTS = ["digest", "layout", "verity", "partitions", "update"]
