package io.skerry.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ControllerManagerArg;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.controllers.autoscaling.AutoscalerOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class CommandLineSetupTest {
    @TempDir
    Path folder;
    private final Probe probe = new Probe();
    private final StringWriter err = new StringWriter();

    @Test
    void flagsWinOverTheFileAndTheFileOverDefaults() throws IOException {
        Path file = folder.resolve("config.yaml");
        Files.writeString(file, "https-listen-port: 7443\nnode-label: [a=1, b=2]\nfleet-interval: 5s\nnode-name: from-file\n");
        assertThat(run("probe", "--config", file.toString(), "--node-name", "from-flag")).isZero();
        assertThat(probe.options.httpsListenPort).isEqualTo(7443);
        assertThat(probe.options.nodeName).isEqualTo("from-flag");
        assertThat(probe.options.nodeLabel).containsEntry("a", "1").containsEntry("b", "2").hasSize(2);
        assertThat(probe.options.fleetInterval).isEqualTo(Duration.ofSeconds(5));
        assertThat(probe.options.clusterCidr).isEqualTo("10.42.0.0/16");
    }

    @Test
    void repeatedFlagsAreNotDoubledByTheSecondParse() {
        assertThat(run("probe", "--tls-san", "a", "--tls-san", "b", "--node-label", "x=1")).isZero();
        assertThat(probe.options.tlsSan).containsExactly("a", "b");
        assertThat(probe.options.nodeLabel).hasSize(1);
    }

    @Test
    void aWrongValueIsOneLineAndExitCode2() {
        assertThat(run("probe", "--fleet-interval", "often")).isEqualTo(2);
        assertThat(err.toString().strip()).contains("--fleet-interval").contains("'often' is not a duration").doesNotContain("\n");
    }

    @Test
    void aWrongValueInTheFileIsOneLineToo() throws IOException {
        Path file = folder.resolve("config.yaml");
        Files.writeString(file, "https-listen-port: many\n");
        assertThat(run("probe", "--config", file.toString())).isEqualTo(2);
        assertThat(err.toString().strip()).contains("--https-listen-port").contains("many").doesNotContain("\n");
    }

    @Test
    void anUnknownKeyIsOneLine() throws IOException {
        Path file = folder.resolve("config.yaml");
        Files.writeString(file, "portt: 1\n");
        assertThat(run("probe", "--config", file.toString())).isEqualTo(2);
        assertThat(err.toString().strip()).startsWith("skerry: " + file + ":1: unknown key 'portt'").doesNotContain("\n");
    }

    @Test
    void anUnknownFlagIsOneLine() {
        assertThat(run("probe", "--no-such-flag")).isEqualTo(2);
        assertThat(err.toString().strip()).contains("--no-such-flag").doesNotContain("\n");
    }

    /** As in k3s's hardening guide. */
    @Test
    void auditFlagsMayHaveTheFormOfK3s() throws IOException {
        Path file = folder.resolve("config.yaml");
        Files.writeString(file, "kube-apiserver-arg:\n- 'audit-log-path=/var/log/audit.log'\n- 'audit-policy-file=/etc/audit.yaml'\n- audit-log-maxage=30\n- audit-log-maxbackup=10\n"
                + "audit-log-maxsize: 7\n");
        assertThat(run("probe", "--config", file.toString())).isZero();
        probe.options.kubeApiserverArg.forEach(arg -> arg.applyTo(probe.options));
        assertThat(probe.options.auditLogPath).isEqualTo("/var/log/audit.log");
        assertThat(probe.options.auditPolicyFile).isEqualTo(Path.of("/etc/audit.yaml"));
        assertThat(probe.options.auditLogMaxAge).isEqualTo(30);
        assertThat(probe.options.auditLogMaxBackup).isEqualTo(10);
        assertThat(probe.options.auditLogMaxSize).isEqualTo(7);
    }

    @Test
    void theAutoscalersFlagsHaveTheFormOfK3s() throws IOException {
        Path file = folder.resolve("config.yaml");
        Files.writeString(file, "kube-controller-manager-arg:\n- horizontal-pod-autoscaler-sync-period=1m\n- horizontal-pod-autoscaler-downscale-stabilization=2m30s\n"
                + "- horizontal-pod-autoscaler-tolerance=0.25\n- horizontal-pod-autoscaler-cpu-initialization-period=3m\n- horizontal-pod-autoscaler-initial-readiness-delay=4s\n");
        assertThat(run("probe", "--config", file.toString())).isZero();
        assertThat(ControllerManagerArg.autoscaling(probe.options.kubeControllerManagerArg)).isEqualTo(new AutoscalerOptions(Duration.ofMinutes(1), Duration.ofSeconds(150), 0.25,
                Duration.ofMinutes(3), Duration.ofSeconds(4)));
        for (String wrong : List.of("sync-period=0s", "sync-period=often", "tolerance=10%", "tolerance")) {
            err.getBuffer().setLength(0);
            assertThat(run("probe", "--kube-controller-manager-arg=horizontal-pod-autoscaler-" + wrong)).isEqualTo(2);
            assertThat(err.toString().strip()).contains("--kube-controller-manager-arg").contains(wrong.substring(wrong.indexOf('=') + 1)).doesNotContain("\n");
        }
    }

    @Test
    void anUnknownArgumentOfTheApiServerIsOneLine() throws IOException {
        assertThat(run("probe", "--kube-apiserver-arg=audit-log-maxsize=9", "--kube-apiserver-arg=feature-gates=A=true")).isEqualTo(2);
        assertThat(err.toString().strip()).contains("--kube-apiserver-arg").contains("'feature-gates' is no argument of this API server; write NAME=VALUE with one of audit-log-maxage, ")
                .doesNotContain("\n");
        err.getBuffer().setLength(0);
        Path file = folder.resolve("config.yaml");
        Files.writeString(file, "kube-apiserver-arg: audit-log-maxsize=big\n");
        assertThat(run("probe", "--config", file.toString())).isEqualTo(2);
        assertThat(err.toString().strip()).contains("--kube-apiserver-arg").contains("'audit-log-maxsize=big': write audit-log-maxsize=NUMBER").doesNotContain("\n");
    }

    @Test
    void aUserErrorIsOneLineAndExitCode1() {
        probe.failure = new UserError("the data folder is full\nof eels");
        assertThat(run("probe")).isEqualTo(1);
        assertThat(err.toString().strip()).isEqualTo("skerry: the data folder is full of eels");
    }

    private int run(String... args) {
        CommandLine commandLine = CommandLineSetup.configure(new CommandLine(new Top()).addSubcommand(probe));
        return commandLine.setErr(new PrintWriter(err, true)).execute(args);
    }

    @Command(name = "skerry")
    static final class Top {}

    @Command(name = "probe")
    static final class Probe implements Callable<Integer> {
        @Mixin
        ServerOptions options = new ServerOptions();
        UserError failure;

        @Override
        public Integer call() {
            if (failure != null) {
                throw failure;
            }
            return 0;
        }
    }
}
