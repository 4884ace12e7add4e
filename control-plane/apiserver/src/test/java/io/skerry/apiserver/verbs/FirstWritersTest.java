package io.skerry.apiserver.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Many write the same object that is not there yet, in a way that makes it: one creates it, the others change it. */
class FirstWritersTest {
    private static final String NAMESPACE = "/namespaces/default/";
    private static final int WRITERS = 8;
    private static final int ROUNDS = 20;

    @AutoClose
    final TestServer api = new TestServer();

    private List<Integer> atOnce(IntFunction<DirectCall.Answer> writer) throws Exception {
        CyclicBarrier start = new CyclicBarrier(WRITERS);
        List<Future<DirectCall.Answer>> answers = new ArrayList<>();
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < WRITERS; i++) {
                int number = i;
                answers.add(writers.submit(() -> {
                    start.await();
                    return writer.apply(number);
                }));
            }
        }
        List<Integer> codes = new ArrayList<>();
        for (Future<DirectCall.Answer> answer : answers) {
            codes.add(answer.get().code());
        }
        return codes.stream().sorted().toList();
    }

    private static List<Integer> oneMade() {
        return IntStream.range(0, WRITERS).map(i -> i == WRITERS - 1 ? 201 : 200).boxed().toList();
    }

    @Test
    void allThatIsAppliedIsThere() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String name = "applied" + round;
            String path = "/api/v1" + NAMESPACE + "configmaps/" + name;
            assertThat(atOnce(i -> api.patch(path + "?fieldManager=m" + i, "application/apply-patch+yaml",
                    "{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + "}, data: {k" + i + ": v}}"))).isEqualTo(oneMade());
            JsonNode made = api.send("GET", path, null).body();
            assertThat(made.path("data").size()).isEqualTo(WRITERS);
            assertThat(Json.at(made, "metadata", "managedFields").size()).isEqualTo(WRITERS);
        }
    }

    @Test
    void whatIsPutIsThere() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String path = "/api/v1" + NAMESPACE + "services/put" + round;
            String service = "{metadata: {name: put" + round + "}, spec: {selector: {writer: w%d}, ports: [{port: 80}]}}";
            assertThat(atOnce(i -> api.send("PUT", path, service.formatted(i)))).isEqualTo(oneMade());
        }
    }

    @Test
    void whoCreatesOutrightIsRefused() throws Exception {
        List<Integer> codes = atOnce(i -> api.send("POST", "/api/v1" + NAMESPACE + "configmaps", "{metadata: {name: posted}}"));
        assertThat(codes).containsOnlyOnce(201).filteredOn(code -> code != 201).containsOnly(409);
    }
}
