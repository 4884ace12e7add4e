package io.skerry.apiserver;

import io.skerry.apiserver.admission.NamespaceLifecycle;
import io.skerry.apiserver.bootstrap.Bootstrap;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.apiserver.node.NodeLocator;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.registry.Strategies;
import io.skerry.apiserver.request.Query;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.apiserver.response.Responder;
import io.skerry.apiserver.status.ApiException;
import io.skerry.apiserver.verbs.Resources;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;
import java.util.List;
import java.util.Optional;

/**
 * The API server: takes a request whose user is known through authorization to the verbs of one generic registry. Blocks its caller;
 * any number of requests run at once.
 */
public final class ApiServer implements ApiHandler, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ApiServer.class.getName());

    private final WatchCache cache;
    private final ServedTypes types;
    private final Resources resources;

    public ApiServer(ApiServerConfig config, Datastore datastore, TypeTable table) {
        this(config, datastore, table, name -> Optional.empty());
    }

    /** Loads all objects and makes what a cluster cannot be without (namespaces, roles, the kubernetes service). */
    public ApiServer(ApiServerConfig config, Datastore datastore, TypeTable table, NodeLocator nodes) {
        cache = new WatchCache(datastore);
        Store store = new Store(datastore, cache);
        types = new ServedTypes(table, new Strategies());
        Schema objectMeta = table.schema("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta").orElseThrow();
        Pipeline pipeline = new Pipeline(List.of(new NamespaceLifecycle(store)), objectMeta);
        resources = new Resources(store, pipeline);
        new Bootstrap(this).run();
    }

    @Override
    public void handle(ApiRequest request, ApiResponse response) {
        try {
            route(request, response);
        } catch (ApiException e) {
            Responder.failure(response, e);
        } catch (DatastoreException e) {
            LOG.log(System.Logger.Level.ERROR, request.method() + " " + request.path() + ": " + e.getMessage(), e);
            Responder.failure(response, ApiException.internal(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, request.method() + " " + request.path() + " failed", e);
            Responder.failure(response, ApiException.internal(e.toString()));
        }
    }

    private void route(ApiRequest request, ApiResponse response) {
        Query query = Query.parse(request.query());
        RequestInfo info = RequestInfo.of(request.method(), request.path(), query);
        if (!info.isResource()) {
            Responder.text(response, 404, "404 page not found\n");
            return;
        }
        ServedType type = types.find(info.group(), info.version(), info.resource());
        if (type == null) {
            Responder.text(response, 404, "404 page not found\n");
            return;
        }
        resources.serve(new Call(request, info, query, type), response);
    }

    @Override
    public void close() {
        resources.close();
        cache.close();
    }
}
