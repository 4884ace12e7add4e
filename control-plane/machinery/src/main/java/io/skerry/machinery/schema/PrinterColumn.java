package io.skerry.machinery.schema;

/**
 * One of a CRD's {@code additionalPrinterColumns}
 * (<a href="https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/">API reference</a>).
 *
 * @param name heading
 * @param type OpenAPI type of the cell: integer, number, string, boolean or date
 * @param format OpenAPI format, "" when none
 * @param description what the column shows, "" when not said
 * @param priority 0 is shown always, more only in wide output
 * @param jsonPath simple JSON path into the object, such as ".spec.replicas"
 */
public record PrinterColumn(String name, String type, String format, String description, int priority, String jsonPath) {}
