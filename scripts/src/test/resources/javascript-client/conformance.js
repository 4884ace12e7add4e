// What the JavaScript client does against the appliance of the kubeconfig in $KUBECONFIG, in the namespace and with the pod that the
// arguments name. Writes "yes", a tab and the case for each that was seen, and ends with 1 and its own words when one fails.
import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import * as k8s from '@kubernetes/client-node';

const [namespace, pod, group] = process.argv.slice(2);
const PATIENCE = 20_000;
const config = new k8s.KubeConfig();
config.loadFromFile(process.env.KUBECONFIG);
const core = config.makeApiClient(k8s.CoreV1Api);
const custom = config.makeApiClient(k8s.CustomObjectsApi);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const maps = `/api/v1/namespaces/${namespace}/configmaps`;

function map(name, value) {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels: { of: name } }, data: { k: value } };
}

function contentType(type) {
    return k8s.setHeaderOptions('Content-Type', type);
}

/** What is put in comes out in this order; waiting for nothing fails. */
class Seen {
    #items = [];
    #waiting = [];

    put(item) {
        const next = this.#waiting.shift();
        if (next) next(item);
        else this.#items.push(item);
    }

    async next() {
        if (this.#items.length) return this.#items.shift();
        let timer;
        const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`nothing came in ${PATIENCE} ms`)), PATIENCE); });
        try {
            return await Promise.race([new Promise(resolve => this.#waiting.push(resolve)), late]);
        } finally {
            clearTimeout(timer);
        }
    }
}

function text(stream) {
    const chunks = [];
    stream.on('data', chunk => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString();
}

/** Runs a command in the pod. Gives its V1Status and output. */
async function run(command, stdin) {
    const out = new PassThrough(), err = new PassThrough(), status = new Seen();
    const said = text(out), failed = text(err);
    await new k8s.Exec(config).exec(namespace, pod, 'main', command, out, err, stdin ?? null, false, s => status.put(s));
    const ended = await status.next();
    await new Promise(resolve => setImmediate(resolve));
    return { status: ended, out: said(), err: failed() };
}

const cases = {
    async 'typed: create, read, list, replace, delete'() {
        const created = await core.createNamespacedConfigMap({ namespace, body: map('typed', '1') });
        assert.ok(created.metadata.creationTimestamp instanceof Date);
        const list = await core.listNamespacedConfigMap({ namespace, labelSelector: 'of=typed' });
        assert.deepEqual(list.items.map(m => m.metadata.name), ['typed']);
        created.data.k = '2';
        await core.replaceNamespacedConfigMap({ namespace, name: 'typed', body: created });
        assert.equal((await core.readNamespacedConfigMap({ namespace, name: 'typed' })).data.k, '2');
        assert.equal((await core.deleteNamespacedConfigMap({ namespace, name: 'typed' })).status, 'Success');
    },

    async 'errors as Status'() {
        await assert.rejects(core.readNamespacedConfigMap({ namespace, name: 'nowhere' }), e => {
            assert.equal(e.code, 404);
            assert.equal(JSON.parse(e.body).reason, 'NotFound');
            return true;
        });
        const stale = await core.createNamespacedConfigMap({ namespace, body: map('stale', '1') });
        await core.replaceNamespacedConfigMap({ namespace, name: 'stale', body: map('stale', '2') });
        await assert.rejects(core.replaceNamespacedConfigMap({ namespace, name: 'stale', body: stale }), e => e.code === 409);
    },

    async 'patches: JSON, merge, strategic merge'() {
        await core.createNamespacedConfigMap({ namespace, body: map('patched', '1') });
        const patch = (type, body) => core.patchNamespacedConfigMap({ namespace, name: 'patched', body }, contentType(type));
        await patch(k8s.PatchStrategy.JsonPatch, [{ op: 'add', path: '/data/json', value: 'x' }]);
        await patch(k8s.PatchStrategy.MergePatch, { data: { k: null, merge: 'x' } });
        await patch(k8s.PatchStrategy.StrategicMergePatch, { data: { strategic: 'x' } });
        assert.deepEqual((await core.readNamespacedConfigMap({ namespace, name: 'patched' })).data, { json: 'x', merge: 'x', strategic: 'x' });
    },

    async 'server-side apply: conflict, force'() {
        const apply = (value, fieldManager, force) => core.patchNamespacedConfigMap({ namespace, name: 'applied', body: map('applied', value), fieldManager, force },
            contentType(k8s.PatchStrategy.ServerSideApply));
        const applied = await apply('1', 'one');
        assert.deepEqual(applied.metadata.managedFields.map(f => [f.manager, f.operation]), [['one', 'Apply']]);
        await assert.rejects(apply('2', 'two'), e => e.code === 409 && /one/.test(JSON.parse(e.body).message));
        assert.equal((await apply('2', 'two', true)).data.k, '2');
    },

    async 'watch from a resourceVersion'() {
        const { metadata } = await core.listNamespacedConfigMap({ namespace });
        const seen = new Seen(), ended = new Seen();
        await core.createNamespacedConfigMap({ namespace, body: map('watched', '1') });
        const watch = await new k8s.Watch(config).watch(maps, { resourceVersion: metadata.resourceVersion, labelSelector: 'of=watched' },
            (type, object) => seen.put(`${type} ${object.metadata.name}`), e => ended.put(e));
        assert.equal(await seen.next(), 'ADDED watched');
        await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
        assert.equal(await seen.next(), 'DELETED watched');
        watch.abort();
        await ended.next();
    },

    async 'informers'() {
        const seen = new Seen();
        const informer = k8s.makeInformer(config, maps, () => core.listNamespacedConfigMap({ namespace, labelSelector: 'of=informed' }), 'of=informed');
        for (const verb of ['add', 'update', 'delete']) informer.on(verb, m => seen.put(`${verb} ${m.data.k}`));
        informer.on('error', e => { if (e?.name !== 'AbortError') seen.put(`error ${e}`); });
        await core.createNamespacedConfigMap({ namespace, body: map('informed', '1') });
        await informer.start();
        assert.equal(await seen.next(), 'add 1');
        await core.replaceNamespacedConfigMap({ namespace, name: 'informed', body: map('informed', '2') });
        assert.equal(await seen.next(), 'update 2');
        assert.equal(informer.get('informed', namespace).data.k, '2');
        await core.deleteNamespacedConfigMap({ namespace, name: 'informed' });
        assert.equal(await seen.next(), 'delete 2');
        await informer.stop();
    },

    async 'custom objects, with status and scale'() {
        const at = { group, version: 'v1', namespace, plural: 'widgets' }, w = { ...at, name: 'w' };
        const body = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' }, spec: { colour: 'red' } };
        assert.equal((await custom.createNamespacedCustomObject({ ...at, body })).spec.size, 1);
        assert.equal((await custom.listNamespacedCustomObject(at)).items.length, 1);
        await custom.patchNamespacedCustomObjectStatus({ ...w, body: { status: { ready: 1 } } }, contentType(k8s.PatchStrategy.MergePatch));
        await custom.patchNamespacedCustomObjectScale({ ...w, body: { spec: { replicas: 5 } } }, contentType(k8s.PatchStrategy.MergePatch));
        const now = await custom.getNamespacedCustomObject(w);
        assert.deepEqual([now.spec, now.status], [{ colour: 'red', size: 5 }, { ready: 1 }]);
        await assert.rejects(custom.createNamespacedCustomObject({ ...at, body: { ...body, metadata: { name: 'bad' }, spec: { size: -1 } } }), e => e.code === 422);
        assert.equal((await custom.deleteNamespacedCustomObject(w)).status, 'Success');
    },

    async 'generic objects by discovery (KubernetesObjectApi)'() {
        const widget = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'generic', namespace }, spec: { colour: 'red' } };
        for (const object of [map('generic', '1'), widget]) {
            const created = await objects.create(object);
            assert.ok(created.metadata.uid);
            created.metadata.labels = { seen: 'yes' };
            await objects.replace(created);
            await objects.patch({ ...object, metadata: { ...object.metadata, annotations: { note: 'x' } } }, undefined, undefined, 'generic', true, k8s.PatchStrategy.ServerSideApply);
            const read = await objects.read(object);
            assert.deepEqual([read.metadata.labels.seen, read.metadata.annotations.note], ['yes', 'x']);
            assert.ok((await objects.list(object.apiVersion, object.kind, namespace)).items.some(o => o.metadata.name === 'generic'));
            await objects.delete(object);
            await assert.rejects(objects.read(object), e => e.code === 404);
        }
    },

    async 'exec with stdin, to its end, and exit code'() {
        const failed = await run(['sh', '-c', 'echo from exec; echo oops >&2; exit 3']);
        assert.deepEqual([failed.out, failed.err, failed.status.reason], ['from exec\n', 'oops\n', 'NonZeroExitCode']);
        assert.equal(failed.status.details.causes.find(c => c.reason === 'ExitCode').message, '3');
        const counted = await run(['wc', '-c'], Readable.from([Buffer.alloc(100_000), Buffer.alloc(200_000)]));
        assert.deepEqual([counted.status.status, counted.out.trim()], ['Success', '300000']);
    },

    async 'logs, also followed'() {
        for (const follow of [false, true]) {
            const log = new PassThrough(), line = new Seen();
            log.on('data', chunk => line.put(chunk.toString()));
            const request = await new k8s.Log(config).log(namespace, pod, 'main', log, { follow });
            assert.match(await line.next(), new RegExp(`^hello from ${pod}`));
            log.on('error', () => {});
            request.abort();
        }
    },

    async 'port-forward'() {
        const out = new PassThrough(), seen = new Seen(), err = new PassThrough();
        out.on('data', chunk => seen.put(chunk.toString()));
        const input = new PassThrough();
        const socket = await new k8s.PortForward(config).portForward(namespace, pod, [8080], out, err, input);
        input.write('GET / HTTP/1.0\r\n\r\n');
        let answer = '';
        while (!answer.includes('forwarded')) answer += await seen.next();
        assert.match(answer, /200 OK/);
        socket.close();
    },
};

for (const [name, seen] of Object.entries(cases)) {
    try {
        await seen();
        console.log(`yes\t${name}`);
    } catch (e) {
        console.error(`${name}: ${e.stack}`);
        process.exitCode = 1;
    }
}
// what a failed case left open must not keep the program
process.exit();
