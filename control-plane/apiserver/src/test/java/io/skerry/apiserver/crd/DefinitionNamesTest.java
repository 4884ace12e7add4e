package io.skerry.apiserver.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DefinitionNamesTest {
    private static final String DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private static final String BUOYS = "plural: buoys, singular: buoy, kind: Buoy, listKind: BuoyList, shortNames: [bu, by]";

    @TempDir
    Path folder;
    TestServer api;

    @BeforeEach
    void start() {
        api = new TestServer(folder);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private JsonNode define(String plural, String group, String names) {
        return api.make(DEFINITIONS, "{metadata: {name: " + plural + "." + group + "}, spec: {group: " + group + ", scope: Namespaced, names: {" + names
                + "}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}}");
    }

    private JsonNode definition(String plural) {
        return api.send("GET", DEFINITIONS + "/" + plural + ".sea.example.com", null).body();
    }

    private static String condition(JsonNode definition, String type) {
        return Json.at(definition, "status", "conditions").valueStream().filter(condition -> Json.text(condition, "type").equals(type))
                .map(condition -> Json.text(condition, "status") + " " + Json.text(condition, "reason") + ": " + Json.text(condition, "message")).findFirst().orElse("");
    }

    private int list(String plural) {
        return api.send("GET", "/apis/sea.example.com/v1/" + plural, null).code();
    }

    private void becomesServed(String plural) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> list(plural) == 200);
        assertThat(condition(definition(plural), "NamesAccepted")).isEqualTo("True NoConflicts: no conflicts found");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "kind: Buoy, singular: mark, listKind: Marks | KindConflict: \"Buoy\" is already in use",
        "kind: BuoyList | KindConflict: \"BuoyList\" is already in use",
        "kind: Mark, listKind: Buoy | ListKindConflict: \"Buoy\" is already in use",
        "kind: Mark, singular: bu | SingularConflict: \"bu\" is already in use",
        "kind: Mark, shortNames: [buoys] | ShortNamesConflict: \"buoys\" is already in use",
        "kind: Mark, shortNames: [m, by, buoy] | ShortNamesConflict: [\"by\" is already in use, \"buoy\" is already in use]",
        "kind: Buoy, shortNames: [bu], singular: mark | ListKindConflict: \"BuoyList\" is already in use"})
    void aNameIsGivenOnce(String names, String conflict) {
        define("buoys", "sea.example.com", BUOYS);
        JsonNode second = define("marks", "sea.example.com", "plural: marks, " + names);
        assertThat(condition(second, "NamesAccepted")).isEqualTo("False " + conflict);
        assertThat(condition(second, "Established")).isEqualTo("False NotAccepted: not all names are accepted");
        assertThat(Json.text(second, "status", "acceptedNames", "plural")).as("the others are given").isEqualTo("marks");
        assertThat(list("marks")).isEqualTo(404);
    }

    @Test
    void aPluralMayNotBeAnothersShortName() {
        define("buoys", "sea.example.com", BUOYS);
        assertThat(condition(define("bu", "sea.example.com", "plural: bu, kind: Bu, singular: one"), "NamesAccepted")).isEqualTo("False PluralConflict: \"bu\" is already in use");
        assertThat(condition(define("buoys", "lake.example.com", BUOYS), "NamesAccepted")).as("of another group").startsWith("True");
    }

    @Test
    void namesOfADefinitionThatGoesAreGivenToAnother() {
        define("buoys", "sea.example.com", BUOYS);
        define("marks", "sea.example.com", "plural: marks, kind: Buoy, shortNames: [bu]");
        api.send("DELETE", DEFINITIONS + "/buoys.sea.example.com", null);
        becomesServed("marks");
        assertThat(Json.at(definition("marks"), "status", "acceptedNames")).isEqualTo(Json.at(definition("marks"), "spec", "names"));
    }

    @Test
    void namesThatADefinitionIsChangedToLeaveAreGivenToAnother() {
        define("buoys", "sea.example.com", BUOYS);
        define("marks", "sea.example.com", "plural: marks, kind: Mark, shortNames: [bu]");
        assertThat(api.patch(DEFINITIONS + "/buoys.sea.example.com", "application/merge-patch+json", "{\"spec\":{\"names\":{\"shortNames\":[\"by\"]}}}").code()).isEqualTo(200);
        becomesServed("marks");
    }

    @Test
    void aServedDefinitionKeepsItsNamesWhenItAsksForAnothers() {
        define("buoys", "sea.example.com", BUOYS);
        define("marks", "sea.example.com", "plural: marks, kind: Mark, shortNames: [m]");
        var changed = api.patch(DEFINITIONS + "/marks.sea.example.com", "application/merge-patch+json", "{\"spec\":{\"names\":{\"shortNames\":[\"bu\"]}}}").body();
        assertThat(condition(changed, "NamesAccepted")).isEqualTo("False ShortNamesConflict: \"bu\" is already in use");
        assertThat(condition(changed, "Established")).startsWith("True");
        assertThat(Json.at(changed, "status", "acceptedNames", "shortNames").toString()).isEqualTo("[\"m\"]");
        assertThat(list("marks")).isEqualTo(200);
    }

    @Test
    void whatWasRefusedIsLookedAtWhenTheServerStarts() {
        define("buoys", "sea.example.com", BUOYS);
        define("marks", "sea.example.com", "plural: marks, kind: Buoy");
        api.store("/registry/apiextensions.k8s.io/customresourcedefinitions/late.sea.example.com", """
                {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: late.sea.example.com, uid: u},
                 spec: {group: sea.example.com, scope: Namespaced, names: {plural: late, singular: late, kind: Late, listKind: LateList},
                  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]},
                 status: {acceptedNames: {plural: '', kind: ''}, conditions: [{type: NamesAccepted, status: 'False'}, {type: Established, status: 'False'}]}}""");
        stop();
        start();
        becomesServed("late");
        assertThat(list("marks")).isEqualTo(404);
    }
}
