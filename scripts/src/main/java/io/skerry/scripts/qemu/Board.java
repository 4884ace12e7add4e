package io.skerry.scripts.qemu;

import java.nio.file.Path;
import java.util.List;

/** What QEMU plays for each board that images are built for. TCG only: a {@code /dev/kvm} that opens may still not run a kernel. */
public enum Board {
    GENERIC_AMD64("generic-amd64", "qemu-system-x86_64", List.of("-machine", "q35", "-cpu", "max,la57=off"), "OVMF/OVMF_CODE_4M.fd", "OVMF/OVMF_VARS_4M.fd"),
    GENERIC_ARM64("generic-arm64", "qemu-system-aarch64", List.of("-machine", "virt", "-cpu", "max,pauth-impdef=on"), "AAVMF/AAVMF_CODE.no-secboot.fd", "AAVMF/AAVMF_VARS.fd");

    private final String id;
    private final String program;
    private final List<String> machine;
    private final String code;
    private final String variables;

    Board(String id, String program, List<String> machine, String code, String variables) {
        this.id = id;
        this.program = program;
        this.machine = machine;
        this.code = code;
        this.variables = variables;
    }

    /** As {@code skerry image build --board} has it. */
    public String id() {
        return id;
    }

    String program() {
        return program;
    }

    List<String> machine() {
        return machine;
    }

    /** As PCs have. */
    boolean hasTpm() {
        return this == GENERIC_AMD64;
    }

    Path code(Qemu qemu) {
        return qemu.firmware(code);
    }

    /** The template of the firmware's variables; every guest gets a copy. */
    Path variables(Qemu qemu) {
        return qemu.firmware(variables);
    }
}
