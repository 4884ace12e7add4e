package io.skerry.apiserver.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestInfoTest {

    private static RequestInfo of(String method, String pathAndQuery) {
        int mark = pathAndQuery.indexOf('?');
        return mark < 0 ? RequestInfo.of(method, pathAndQuery, Query.parse(null))
                : RequestInfo.of(method, pathAndQuery.substring(0, mark), Query.parse(pathAndQuery.substring(mark + 1)));
    }

    /** The cases of apiserver's requestinfo_test.go, and some more. */
    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        // method, path, verb, group, version, namespace, resource, subresource, name
        "GET, /api/v1/namespaces, list, '', v1, '', namespaces, '', ''",
        "GET, /api/v1/namespaces/other, get, '', v1, other, namespaces, '', other",
        "PUT, /api/v1/namespaces/other/finalize, update, '', v1, other, namespaces, finalize, other",
        "PUT, /api/v1/namespaces/other/status, update, '', v1, other, namespaces, status, other",
        "GET, /api/v1/namespaces/other/pods, list, '', v1, other, pods, '', ''",
        "GET, /api/v1/namespaces/other/pods/foo, get, '', v1, other, pods, '', foo",
        "HEAD, /api/v1/namespaces/other/pods/foo, get, '', v1, other, pods, '', foo",
        "GET, /api/v1/namespaces/other/pods/foo/log, get, '', v1, other, pods, log, foo",
        "POST, /api/v1/namespaces/other/pods/foo/exec, create, '', v1, other, pods, exec, foo",
        "GET, /api/v1/pods, list, '', v1, '', pods, '', ''",
        "GET, /api/v1/pods?watch=true, watch, '', v1, '', pods, '', ''",
        "GET, /api/v1/pods?watch=false, list, '', v1, '', pods, '', ''",
        "GET, /api/v1/watch/namespaces/other/pods, watch, '', v1, other, pods, '', ''",
        "DELETE, /api/v1/watch/pods, delete, '', v1, '', watch, '', pods",
        "GET, /api/v1/watch/pods, watch, '', v1, '', pods, '', ''",
        "DELETE, /apis/apps/v1/namespaces/other/deployments/foo, delete, apps, v1, other, deployments, '', foo",
        "DELETE, /apis/apps/v1/namespaces/other/deployments, deletecollection, apps, v1, other, deployments, '', ''",
        "PATCH, /apis/apps/v1/namespaces/other/deployments/foo/scale, patch, apps, v1, other, deployments, scale, foo",
        "GET, /apis/rbac.authorization.k8s.io/v1/clusterroles/system:x, get, rbac.authorization.k8s.io, v1, '', clusterroles, '', system:x",
        "GET, /apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Ax, get, rbac.authorization.k8s.io, v1, '', clusterroles, '', system:x",
        "GET, /api/v1/pods?fieldSelector=metadata.name%3Dfoo, list, '', v1, '', pods, '', foo",
    })
    void resources(String method, String path, String verb, String group, String version, String namespace, String resource, String subresource, String name) {
        RequestInfo info = of(method, path);
        assertThat(info.isResource()).isTrue();
        assertThat(List.of(info.verb(), info.group(), info.version(), info.namespace(), info.resource(), info.subresource(), info.name()))
                .containsExactly(verb, group, version, namespace, resource, subresource, name);
    }

    @ParameterizedTest
    @CsvSource({"/", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/healthz", "/openapi/v3/apis/apps/v1", "/version"})
    void otherPaths(String path) {
        assertThat(of("GET", path).isResource()).isFalse();
        assertThat(of("GET", path).verb()).isEqualTo("get");
    }

    @Test
    void flagsAreKubernetes() {
        Query query = Query.parse("a&b=&c=true&d=1&e=false&f=0&g=x%20y&g=z");
        assertThat(List.of("a", "b", "c", "d").stream().allMatch(query::flag)).isTrue();
        assertThat(List.of("e", "f", "h").stream().noneMatch(query::flag)).isTrue();
        assertThat(query.all("g")).containsExactly("x y", "z");
    }
}
